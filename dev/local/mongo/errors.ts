/** The server errors this stand-in can answer, by the names MongoDB gives them (error_codes.yml in mongodb/mongo). */
const CODES = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  ProtocolError: 17,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CommandNotSupported: 115,
  DocumentValidationFailure: 121,
  InvalidPipelineOperator: 168,
  MechanismUnavailable: 334,
  UnsupportedOpQueryCommand: 352,
  DuplicateKey: 11000,
  BSONObjectTooLarge: 10334,
  DatabaseDifferCase: 13297,
  OutOfDiskSpace: 14031,
} as const

type ErrorName = keyof typeof CODES

/** An error that is answered to the client as it is; anything else thrown is a fault of the stand-in itself. */
export class CommandError extends Error {
  readonly code: number
  readonly codeName: string
  /** Fields that go into the answer beside the code, such as `keyPattern`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(name: ErrorName | number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'CommandError'
    this.code = typeof name === 'number' ? name : CODES[name]
    this.codeName = typeof name === 'number' ? codeName(name) : name
    this.details = details
  }
}

const NAMES = new Map<number, string>(Object.entries(CODES).map(([name, code]) => [code, name]))
// Codes that only a failpoint gives, so that the drivers' own tables and this one say the same.
const FAILPOINT_NAMES: Readonly<Record<number, string>> = {
  6: 'HostUnreachable',
  7: 'HostNotFound',
  64: 'WriteConcernFailed',
  89: 'NetworkTimeout',
  91: 'ShutdownInProgress',
  112: 'WriteConflict',
  189: 'PrimarySteppedDown',
  262: 'ExceededTimeLimit',
  391: 'ReauthenticationRequired',
  9001: 'SocketException',
  10107: 'NotWritablePrimary',
  11600: 'InterruptedAtShutdown',
  11602: 'InterruptedDueToReplStateChange',
  13435: 'NotPrimaryNoSecondaryOk',
  13436: 'NotPrimaryOrSecondary',
}

/** MongoDB's name of a code; an unnamed one is called after its number, as the server does. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? FAILPOINT_NAMES[code] ?? `Location${code}`
}
