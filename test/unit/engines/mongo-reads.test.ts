import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { largeReads } from '../../../src/engines/mongo-reads.ts'

const KIB = 1024

/** A socket that notes what was pushed, and has enough after `most` pieces. */
function reading({ most = Number.POSITIVE_INFINITY } = {}) {
  const pushed: Uint8Array[] = []
  const socket = { push: (bytes: Uint8Array) => pushed.push(bytes) < most } as unknown as Socket
  const { buffer, callback } = largeReads(() => socket)
  const offer = buffer as () => Uint8Array
  /** Fills so much of what is offered; the answer is whether more is wanted. */
  const read = (length: number) => {
    const offered = offer()
    const bytes = offered.subarray(0, Math.min(length, offered.length))
    return { offered: offered.length, more: callback(bytes.length, bytes) }
  }
  return { pushed, read }
}

test('who fills what was offered is offered four times as much, up to 64 KiB, until there is less', () => {
  const { read } = reading()
  const lengths = [100, 100, 1e6, 1e6, 1e6, 1e6, 100, 1e6]
  expect(lengths.map((length) => read(length).offered / KIB)).toEqual([4, 4, 4, 16, 64, 64, 64, 4])
})

test('every piece is passed on as it is, in a buffer of its own', () => {
  const { pushed, read } = reading()
  read(3)
  read(1e6)
  expect(pushed.map(({ length }) => length)).toEqual([3, 4 * KIB])
  expect(pushed[0]?.buffer).not.toBe(pushed[1]?.buffer)
})

test('a reader that has enough for now stops the reading', () => {
  const { read } = reading({ most: 2 })
  expect([read(10).more, read(10).more]).toEqual([true, false])
})
