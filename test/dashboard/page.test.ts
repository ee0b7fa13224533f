// One process and one Chromium for them all: starting those takes longer than most of the tests.
import "./pages/page.js";
import "./pages/controls.js";
import "./pages/gate.js";
