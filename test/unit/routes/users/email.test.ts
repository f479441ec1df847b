import { expect, test } from 'vitest'
import { storedForm, TypedEmail } from '../../../../src/routes/users/email.ts'

/** Every character that a normal form may change or refuse; the others stay as they are. */
function* touchyCharacters() {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code)
    const isPlain =
      character.normalize('NFKC') === character &&
      character.toLowerCase() === character &&
      !/[\p{M}\p{Cf}\p{Cc}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character)
    if (!isPlain) yield { code, character }
  }
}

test('no character makes a second form of a normal form, and none that is not seen is left in one', () => {
  const failed: string[] = []
  for (const { code, character } of touchyCharacters()) {
    // Two in the middle and at the ends, where some are trimmed and some meet others.
    const normal = TypedEmail.safeParse(`${character}a${character}b@c${character}`).data?.normal
    if (normal === undefined) continue
    const isStable = TypedEmail.parse(normal).normal === normal
    if (!isStable || /\p{Default_Ignorable_Code_Point}/u.test(normal)) failed.push(code.toString(16))
  }
  expect(failed).toEqual([])
})

test('every character that is not to be seen leaves the email that it is in', () => {
  const failed: string[] = []
  for (const { code, character } of touchyCharacters()) {
    if (!/\p{Default_Ignorable_Code_Point}/u.test(character)) continue
    for (const typed of [
      `a${character}da@acme.test`,
      `ada@acme.te${character}st`,
      `ada@acme.test${character}`,
    ]) {
      if (TypedEmail.safeParse(typed).data?.normal !== 'ada@acme.test') failed.push(code.toString(16))
    }
  }
  expect(failed).toEqual([])
})

test.each([
  ['as it is stored', 'ada@acme.test', undefined],
  ['in upper case', ' ADA@Acme.Test', undefined],
  ['with a variation selector, which used to be kept', 'ad\ufe0fa@acme.test', 'ad\ufe0fa@acme.test'],
  ['with a filler, which used to be kept', 'ADA\u3164@acme.test', 'ada\u1160@acme.test'],
  ['with a joiner, which used to be refused', 'a\u200dda@acme.test', undefined],
])('an email typed %s', (_, typed, former) => {
  expect(TypedEmail.parse(typed)).toEqual({
    normal: 'ada@acme.test',
    ...(former !== undefined && { former }),
  })
})

test('a user is looked for under a former form only where invisible characters were typed', async () => {
  const asked: string[] = []
  const users = (stored: string) => ({
    find: async ({ email }: { email: string }) => {
      asked.push(email)
      return email === stored ? {} : undefined
    },
  })
  const former = 'ada\ufe0f@acme.test'
  expect(await storedForm(TypedEmail.parse('ada@acme.test'), users(former))).toBe('ada@acme.test')
  expect(asked).toEqual([])
  expect(await storedForm(TypedEmail.parse(former), users(former))).toBe(former)
  expect(await storedForm(TypedEmail.parse(former), users('ada@acme.test'))).toBe('ada@acme.test')
})
