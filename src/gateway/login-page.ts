/** The page that asks for a token: no script, no picture, nothing from elsewhere. */
const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - sightline</title>
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1>sightline</h1>
${body}
</main>
</body>
</html>
`;

/**
 * The hidden name is for password managers, which keep a word only with one.
 * @param remark why it is asked again, plain text of ours; empty = nothing is wrong
 */
export const loginPage = (remark: string): string =>
  page(
    "Log in",
    `<form method="post" action="/login">
<input type="text" name="username" value="sightline" autocomplete="username" hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false"${remark === "" ? "" : ' aria-describedby="remark"'}>
${remark === "" ? "" : `<p id="remark" role="alert">${remark}</p>\n`}<button type="submit">Log in</button>
<p>The owner of this server makes one with <code>sightline token add</code>.</p>
</form>`,
  );

/** Asks before it logs out: a link alone must not. */
export const LOGOUT_PAGE = page("Log out", `<form method="post" action="/logout">\n<button type="submit">Log out</button>\n<p><a href="/">Back</a></p>\n</form>`);

/** Its style, readable in light and in dark. */
export const LOGIN_STYLE = `:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; background: #f4f5f7; color: #16181d; }
main { width: min(22rem, calc(100vw - 4rem)); padding: 2rem; border-radius: 12px; background: #fff; box-shadow: 0 1px 3px #0003; }
h1 { margin: 0 0 1.5rem; font-size: 1.4rem; }
label { display: block; font-weight: 600; }
input, button { box-sizing: border-box; width: 100%; margin-top: .5rem; padding: .6rem .75rem; font: inherit; border-radius: 8px; border: 1px solid #7a808c; }
button { border: 0; background: #0b5fd6; color: #fff; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid #5aa2ff; outline-offset: 2px; }
[role=alert] { margin: .5rem 0 0; color: #b3261e; }
form p:last-child { margin: 1.25rem 0 0; font-size: .875rem; }
@media (prefers-color-scheme: dark) {
  body { background: #101216; color: #e8eaee; }
  main { background: #1b1e24; }
  input { background: #101216; color: inherit; }
  a { color: #8ab8ff; }
  [role=alert] { color: #ff9d94; }
}
`;

/** What the page may load and do. */
export const LOGIN_POLICY = "default-src 'none';style-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'";
