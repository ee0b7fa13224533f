import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { PipelineError } from "../core/errors.js";
import { addressRefusal, type AddressPolicy } from "./address-policy.js";

/** Finds the addresses of a name, as the system does. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** The system's own way, names of `hosts` included. */
export const lookupAll: Lookup = async (host) => (await systemLookup(host, { all: true })).map(({ address }) => address);

/**
 * Looks a host up and gives the first of its addresses that may be connected to. It is to be connected to by that address: a
 * second look may find another.
 * @throws PipelineError E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE
 */
export async function allowedAddress(host: string, policy: AddressPolicy, lookup: Lookup = lookupAll): Promise<string> {
  const addresses = isIP(host.replace(/%.*$/, "")) === 0 ? await found(host, lookup) : [host];
  const allowed = addresses.find((address) => addressRefusal(address, policy) === null);
  if (allowed !== undefined) return allowed;
  const [first = ""] = addresses;
  const seen = first === host ? host : `${host} is ${first}`;
  throw new PipelineError("E_SOURCE_FORBIDDEN", `${seen}, ${addressRefusal(first, policy)}: it is not opened for the API`);
}

async function found(host: string, lookup: Lookup): Promise<readonly string[]> {
  const addresses = await lookup(host).catch((cause: unknown) => {
    throw new PipelineError("E_SOURCE_UNREACHABLE", `${host}: the name of the host is not known`, { cause });
  });
  if (addresses.length === 0) throw new PipelineError("E_SOURCE_UNREACHABLE", `${host}: the name of the host is not known`);
  return addresses;
}
