import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { usageOf } from '../../../dev/bench/process-usage.ts'

const onLinux = process.platform === 'linux'

test.runIf(onLinux)('what this process uses is what it knows of itself', async () => {
  const { user, system } = process.cpuUsage()
  const usage = await usageOf(process.pid)
  // In ticks of 10 ms, and threads of a test run end and start.
  expect(usage?.cpuSeconds).toBeGreaterThan(((user + system) / 1e6) * 0.8)
  expect(usage?.residentBytes).toBeGreaterThan(process.memoryUsage.rss() * 0.8)
})

test.runIf(onLinux)('a process counts with all that it has started', async () => {
  // Two that wait for the end of their input, of which the first is a shell's child.
  const start = (script: string) => spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] })
  const [shell, alone] = [start('cat; :'), start('exec cat')]
  const running = [shell, alone].map((child) => once(child.stdout, 'data'))
  for (const child of [shell, alone]) child.stdin.write('here')
  await Promise.all(running)
  const family = (await usageOf(shell.pid))?.residentBytes ?? 0
  const one = (await usageOf(alone.pid))?.residentBytes ?? 0
  const ended = [shell, alone].map((child) => once(child, 'close'))
  for (const child of [shell, alone]) child.stdin.end()
  await Promise.all(ended)
  expect(one).toBeGreaterThan(0)
  expect(family).toBeGreaterThan(1.2 * one)
})

test('a process that was never started has used nothing', async () => {
  expect(await usageOf(undefined)).toBeUndefined()
})
