import { BlockList, isIPv6 } from 'node:net'
import type { TcpTarget } from '../tcp-proxy.ts'

/** An address that a proxy does not lead to. */
export class ForbiddenAddress extends Error {
  override name = 'ForbiddenAddress'
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/**
 * Where a proxy leads: to its own server, to ports of this machine, and to the servers that it was started for. Anything
 * else would make it a way off this machine for whatever runs here.
 */
export class Reach {
  /** The proxy's own server. */
  readonly target: TcpTarget
  readonly #others: readonly TcpTarget[]

  constructor(target: TcpTarget, others: readonly TcpTarget[] = []) {
    this.target = target
    this.#others = others
  }

  /**
   * The server at an address, the host as a URL has it: IPv6 in brackets.
   * @throws {ForbiddenAddress} where the proxy does not lead there
   */
  find(host: string, port: number): TcpTarget {
    const name = host.replace(/^\[(.*)\]$/, '$1')
    const known = [this.target, ...this.#others].find((one) => one.host === name && one.port === port)
    if (known) return known
    const ip = name === 'localhost' ? '127.0.0.1' : name
    if (!LOOPBACK.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4') || !(port > 0)) {
      throw new ForbiddenAddress(`this proxy does not lead to ${JSON.stringify(`${host}:${port}`)}`)
    }
    return { host: ip, port }
  }
}
