/** Opens an address in the browser of the person at this machine, when there is one: never over SSH or from a script. */
export function openBrowser(url: string): void {
  if (!process.stdout.isTTY || !hasDisplay(process.platform, process.env)) return;
  // The address stands on the terminal too, so a browser that does not start is no error.
  void import("open").then(({ default: open }) => open(url)).catch(() => undefined);
}

/** Whether windows can be opened here. */
export function hasDisplay(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): boolean {
  if (environment["SSH_CONNECTION"] !== undefined) return false;
  if (platform === "darwin" || platform === "win32") return true;
  return Boolean(environment["DISPLAY"]) || Boolean(environment["WAYLAND_DISPLAY"]);
}
