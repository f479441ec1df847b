import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDirectory } from '../../dev/local/directory-lock.ts'
import { addressOf, startProgram } from './support/program.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lock-test-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** A lock that a process has left behind. */
const leave = (pid: number) =>
  writeFile(join(dir, 'lock.json'), JSON.stringify({ pid, started: '1', id: 'old' }))

test('a directory that another process holds is refused, says by whom, and is free when that ends', async () => {
  const holder = startProgram(`
    const { lockDirectory } = await import(${JSON.stringify(addressOf('dev/local/directory-lock.ts'))})
    await lockDirectory(${JSON.stringify(dir)})
    console.log('locked')
    setInterval(() => undefined, 1000)`)
  expect(await holder.line()).toBe('locked')
  await expect(lockDirectory(dir)).rejects.toThrow(`in use by the process with pid ${holder.pid}`)
  await holder.kill()
  const unlock = await lockDirectory(dir)
  expect(JSON.parse(await readFile(join(dir, 'lock.json'), 'utf8'))).toMatchObject({ pid: process.pid })
  await unlock()
})

test('a directory that this process holds is refused until it is given back, which may be repeated', async () => {
  const unlock = await lockDirectory(dir)
  await expect(lockDirectory(dir)).rejects.toThrow(`pid ${process.pid}`)
  await Promise.all([unlock(), unlock()])
  const again = await lockDirectory(dir)
  await unlock()
  await expect(lockDirectory(dir)).rejects.toThrow(`pid ${process.pid}`)
  await again()
  expect(await readdir(dir)).toEqual([])
})

test.each([
  ['a dead process', 2 ** 22 + 1],
  ['a forerunner with our own pid', process.pid],
  ['a process number that came round again', process.ppid],
])('the lock of %s is taken over', async (_whose, pid) => {
  await leave(pid)
  await (await lockDirectory(dir))()
  expect(await readdir(dir)).toEqual([])
})

test('a stale lock goes to exactly one of many who want it at once', async () => {
  await leave(2 ** 22 + 1)
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(dir)))
  const winners = results.filter((result) => result.status === 'fulfilled')
  expect(winners).toHaveLength(1)
  for (const { value: unlock } of winners) await unlock()
  expect(await readdir(dir)).toEqual([])
})

test('a file that is no lock is left as it is', async () => {
  const file = join(dir, 'lock.json')
  await writeFile(file, 'mine')
  await expect(lockDirectory(dir)).rejects.toThrow('is no lock file')
  expect(await readFile(file, 'utf8')).toBe('mine')
})
