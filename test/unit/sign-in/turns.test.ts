import { expect, test } from 'vitest'
import { Turns } from '../../../src/sign-in/turns.ts'

test('one after the other, in the order in which they came, whatever becomes of each', async () => {
  const turns = new Turns(16)
  const seen: string[] = []
  const task = (name: string, fails: boolean) => async () => {
    seen.push(`${name} begins`)
    await Promise.resolve()
    seen.push(`${name} ends`)
    if (fails) throw new Error(name)
  }
  const results = await Promise.allSettled([
    turns.run(task('a', false)),
    turns.run(task('b', true)),
    turns.run(task('c', false)),
  ])
  expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('16 at once, and the next one is refused at once and told when to come again', async () => {
  const turns = new Turns(16)
  const gate = Promise.withResolvers<void>()
  const waiting = Array.from({ length: 16 }, () => turns.run(() => gate.promise))
  await expect(turns.run(async () => {})).rejects.toMatchObject({
    code: 'sign_in_busy',
    status: 429,
    retryAfter: 5,
  })
  gate.resolve()
  await Promise.all(waiting)
  await turns.run(async () => {})
})
