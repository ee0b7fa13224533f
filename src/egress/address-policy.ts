import ipaddr from "ipaddr.js";
import { isIP } from "node:net";

/** Where a connection may lead. */
export interface AddressPolicy {
  /** Whether this machine and private networks are among it. */
  readonly allowPrivate: boolean;
}

/** What lies at home: opened only where the person said so. */
const PRIVATE: Readonly<Record<string, string>> = {
  loopback: "of this machine",
  private: "of a private network",
  uniqueLocal: "of a private network",
  carrierGradeNat: "of a provider's inner network",
};

/**
 * Where clouds tell a machine its own keys, besides 169.254.169.254, which is link-local: Azure's wire server, Alibaba, Oracle,
 * and the IPv6 addresses of AWS and Google.
 */
const METADATA: ReadonlySet<string> = new Set(["168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]);

/** All of IPv6 that is given out for use (2000::/3); the rest may mean anything, such as an IPv4 address in other clothes. */
const isGlobal = ([first = 0]: readonly number[]): boolean => (first & 0xe0) === 0x20;

/** Why an address may not be connected to; null = it may. What is not plainly somewhere is refused. Pure. */
export function addressRefusal(address: string, { allowPrivate }: AddressPolicy): string | null {
  const bare = address.replace(/%.*$/, "");
  // Strictly: what the library would also read (1.2.3, 0x7f.1) is a name to the system.
  if (isIP(bare) === 0) return "no address";
  // An IPv4 address dressed as IPv6 is judged as what it leads to.
  const ip = ipaddr.process(bare);
  if (METADATA.has(ip.toString())) return "a cloud's metadata";
  const range: string = ip.range();
  if (range === "unicast") return ip.kind() === "ipv4" || isGlobal(ip.toByteArray()) ? null : "no public address";
  const home = PRIVATE[range];
  if (home !== undefined) return allowPrivate ? null : `an address ${home} (api.allowPrivate)`;
  return `a ${range.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} address`;
}
