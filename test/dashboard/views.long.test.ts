// As page.test.ts; in two files, so that two cores share them.
import "./pages/accessible.js";
import "./pages/lists.js";
import "./pages/network.js";
import "./pages/shapes.js";
