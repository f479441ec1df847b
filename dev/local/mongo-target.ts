/** A MongoDB URI with one host and no TLS, taken apart so that a proxy can stand in front of it. */
export interface MongoTarget {
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
  const [, credentials = '', host = '', rest = ''] = /^mongodb:\/\/([^/@]*@)?([^/?,]+)(.*)$/.exec(uri) ?? []
  if (host === '' || /[?&](tls|ssl)=true/i.test(rest)) return undefined
  const { hostname, port } = new URL(`tcp://${host}`)
  const query = `${rest.includes('?') ? '&' : '?'}directConnection=true`
  return {
    host: hostname,
    port: Number(port || 27_017),
    throughProxy(proxyPort) {
      const path = rest.startsWith('/') ? rest : `/${rest}`
      return `mongodb://${credentials}127.0.0.1:${proxyPort}${path}${query}`
    },
  }
}
