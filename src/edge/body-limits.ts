/**
 * What a request may bring as it is sent, in bytes: three times what its JSON may come to (routes/input.ts), because an
 * escape takes up to three times the bytes of its character (`\u20ac`, RFC 8259 section 7).
 */
export const MAX_BODY_BYTES = 3 * 1024 * 1024

/** How long a body may take to arrive, in ms. */
export const BODY_TIMEOUT_MS = 10_000
