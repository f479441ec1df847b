import { expect, test } from 'vitest'
import { revisionOf, Vault } from '../../../src/tenants/vault.ts'

const KEY = btoa('k'.repeat(32))
const NEXT = btoa('n'.repeat(32))
const SECRET = 'postgres://app:pässword@db.example.com/app'

test('what was sealed comes back, and nothing of it shows', async () => {
  const vault = new Vault([KEY])
  const sealed = await vault.seal('acme', SECRET)
  expect(sealed).toMatch(/^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/)
  expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString()).not.toContain('app')
  expect(await vault.open('acme', sealed)).toBe(SECRET)
})

test('the same secret is sealed differently each time', async () => {
  const vault = new Vault([KEY])
  const [one, two] = [await vault.seal('acme', SECRET), await vault.seal('acme', SECRET)]
  expect(revisionOf(one)).not.toBe(revisionOf(two))
  expect(one.split('.')[3]).not.toBe(two.split('.')[3])
})

test('what was sealed for one tenant cannot be opened for another', async () => {
  const vault = new Vault([KEY])
  const sealed = await vault.seal('acme', SECRET)
  await expect(vault.open('globex', sealed)).rejects.toThrow()
})

test('after a rotation the old key still opens and the new one seals', async () => {
  const sealed = await new Vault([KEY]).seal('acme', SECRET)
  const rotated = new Vault([NEXT, KEY])
  expect(await rotated.open('acme', sealed)).toBe(SECRET)
  const anew = await rotated.seal('acme', SECRET)
  expect(await new Vault([NEXT]).open('acme', anew)).toBe(SECRET)
  await expect(new Vault([NEXT]).open('acme', sealed)).rejects.toThrow('no key opens this')
})

test.each([
  ['the version', (sealed: string) => sealed.replace('v1', 'v2')],
  ['the iv', (sealed: string) => flip(sealed, 2)],
  ['the ciphertext', (sealed: string) => flip(sealed, 3)],
  ['everything', () => 'postgres://app@db.test/app'],
])('a text in which somebody changed %s is not opened', async (_, change) => {
  const vault = new Vault([KEY])
  const sealed = await vault.seal('acme', SECRET)
  await expect(vault.open('acme', change(sealed))).rejects.toThrow()
})

test('without a key nothing is sealed', async () => {
  const vault = new Vault([])
  expect(vault.canSeal).toBe(false)
  await expect(vault.seal('acme', SECRET)).rejects.toThrow('no key')
})

function flip(sealed: string, part: number): string {
  const parts = sealed.split('.')
  const text = parts[part] ?? ''
  parts[part] = (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
  return parts.join('.')
}
