/** A MongoDB URI with one host and no TLS, taken apart so that a proxy can stand in front of it. */
interface MongoTarget {
  readonly host: string
  readonly port: number
  /** The same URI with the proxy's port on this machine. */
  throughProxy(port: number): string
}

/**
 * `undefined` where no proxy can stand in front: several hosts and SRV names find each other by themselves, and TLS
 * checks the name of the host.
 */
export function mongoTarget(uri: string): MongoTarget | undefined {
  const [, credentials = '', host = '', rest = ''] =
    /^mongodb:\/\/([^/@]*@)?([^/?,]+)([/?].*)?$/.exec(uri) ?? []
  if (host === '' || /[?&](tls|ssl)=true/i.test(rest)) return undefined
  const { hostname, port } = new URL(`tcp://${host}`)
  const [path = '', options = ''] = rest.split('?')
  // The driver refuses an option that is there twice, and what mongosh prints has this one already.
  const kept = options.split('&').filter((option) => option !== '' && !/^directConnection=/i.test(option))
  const query = [...kept, 'directConnection=true'].join('&')
  return {
    // A URL writes IPv6 in brackets; node:net wants the address alone.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || 27_017),
    throughProxy(proxyPort) {
      return `mongodb://${credentials}127.0.0.1:${proxyPort}${path || '/'}?${query}`
    },
  }
}
