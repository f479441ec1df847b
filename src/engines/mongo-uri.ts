/**
 * Options of a MongoDB connection string that Rockpool refuses by name. The first group would make TLS worthless; the
 * second is silently ignored by the Workers runtime (node:tls takes `ca` and `cert` and does nothing with them,
 * workerd src/node/internal/internal_tls_wrap.ts, 2026-08), so accepting it would promise what does not happen; the
 * third would send traffic or credentials elsewhere than the host that the URI names.
 */
const REFUSED = new Set(
  [
    ['tlsInsecure', 'tlsAllowInvalidCertificates', 'tlsAllowInvalidHostnames', 'sslValidate'],
    ['rejectUnauthorized', 'checkServerIdentity'],
    [
      'tlsCAFile',
      'tlsCertificateKeyFile',
      'tlsCertificateKeyFilePassword',
      'tlsCertificateFile',
      'tlsCRLFile',
    ],
    ['sslCA', 'sslCert', 'sslKey', 'sslPass', 'sslCRL'],
    ['ca', 'cert', 'key', 'pfx', 'passphrase', 'crl', 'secureContext'],
    ['proxyHost', 'proxyPort', 'proxyUsername', 'proxyPassword', 'authMechanismProperties', 'autoEncryption'],
  ]
    .flat()
    .map((name) => name.toLowerCase()),
)

/** Mechanisms that need a client certificate, a local daemon or a cloud's metadata service. */
const MECHANISMS = new Set(['', 'default', 'scram-sha-1', 'scram-sha-256', 'plain'])

/** The options of `uri` that are refused, as they are written there. Names only: values may be secrets. */
export function refusedMongoOptions(uri: string): string[] {
  // The driver's URL parser drops tabs and line ends wherever they stand, so `tls<tab>Insecure` is an option too.
  const query = uri.replaceAll(/[\t\n\r]/g, '').split('?')[1] ?? ''
  const refused: string[] = []
  for (const [name, value] of new URLSearchParams(query)) {
    const key = name.toLowerCase()
    const mechanism = key === 'authmechanism' && !MECHANISMS.has(value.toLowerCase())
    const plain = (key === 'tls' || key === 'ssl') && value.toLowerCase() === 'false'
    if (REFUSED.has(key) || mechanism || plain) refused.push(/^\w{1,40}$/.test(name) ? name : '(unreadable)')
  }
  return refused
}
