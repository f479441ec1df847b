import { z } from 'zod'

/**
 * An email in its normal form: NFKC and lower case, so that one address is one user however it was typed. It is not
 * checked beyond its form; nothing is sent to it.
 */
export const Email = z
  .string()
  .max(500)
  .transform((value) => value.trim().normalize('NFKC').toLowerCase().normalize('NFKC'))
  .pipe(
    z
      .string()
      .max(254)
      .regex(/^[^\s@\p{C}]{1,64}@[^\s@\p{C}]+$/u, 'Expected an email address.'),
  )
