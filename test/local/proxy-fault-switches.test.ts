import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Faults } from '../../dev/local/faults.ts'

describe('the switches', () => {
  test.each<[name: string, value: unknown]>([
    ['refuse', 'yes'],
    ['blackhole', 1],
    ['delayMs', -1],
    ['delayMs', Number.NaN],
    ['jitterMs', Number.POSITIVE_INFINITY],
    ['sliceBytes', 1.5],
    ['limitBytes', '10'],
    ['httpStatus', 99],
    ['httpStatus', 101],
    ['badJson', null],
    ['dealyMs', 10],
    ['__proto__', 10],
  ])('refuse %s = %o and leave everything as it was', (name, value) => {
    const own = new Faults()
    own.set({ delayMs: 5 })
    const before = own.state
    const change = JSON.parse(`{"refuse": true, ${JSON.stringify(name)}: null}`)
    Object.defineProperty(change, name, { value, enumerable: true })
    expect(() => own.set(change)).toThrow(RangeError)
    expect(own.state).toBe(before)
  })

  test('draw every delay within its jitter, and never below zero', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (delayMs, jitterMs, drawn) => {
          const own = new Faults(() => drawn)
          own.set({ delayMs, jitterMs })
          const delay = own.drawDelayMs()
          expect(delay).toBeGreaterThanOrEqual(Math.max(0, delayMs - jitterMs))
          expect(delay).toBeLessThanOrEqual(delayMs + jitterMs)
        },
      ),
    )
  })

  test('reach every listener, even past one that throws, until it ends', () => {
    const own = new Faults()
    const calls: string[] = []
    own.onCut(() => {
      throw new Error('broken listener')
    })
    const stop = own.onCut(() => calls.push('cut'))
    expect(() => own.cut()).toThrow(AggregateError)
    stop()
    expect(() => own.cut()).toThrow(AggregateError)
    expect(calls).toEqual(['cut'])
  })
})
