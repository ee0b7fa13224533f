import { arch, cpus, platform, release, totalmem } from "node:os";
import { availableCores } from "./cores.js";

const BYTES_PER_GIB = 1024 ** 3;

/** One line that says on what figures were taken: CPU model, usable cores, memory, system, Node. */
export function machineLine(): string {
  const { cores, from } = availableCores();
  const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
  const memory = `${(totalmem() / BYTES_PER_GIB).toFixed(1)} GiB`;
  return `${cpu}, ${cores} usable core${cores === 1 ? "" : "s"} (${from}), ${memory}, ${platform()} ${release()} ${arch()}, Node ${process.versions.node}`;
}
