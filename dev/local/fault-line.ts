import { Duplex } from 'node:stream'
import type { Faults } from './faults.ts'

type Direction = 'to-server' | 'to-client'

/** A chunk on its way, or null for the end of the stream; `due` is in milliseconds of `performance.now()`. */
interface Held {
  chunk: Buffer | null
  due: number
}

/** How much may wait here before the sender has to: little, as in any proxy … */
const HOLD_BYTES = 256 * 1024
/** … but a delayed line holds all that is under way (bandwidth × delay), else the delay would become a speed limit. */
const HOLD_DELAYED_BYTES = 16 * 1024 * 1024

/**
 * One direction of a connection, with its faults: what is written comes out again later, in slices, or not at all.
 * Emits `limit` once the bytes that `limitBytes` lets through have come out.
 */
export class FaultLine extends Duplex {
  readonly #faults: Faults
  readonly #direction: Direction
  readonly #queue: Held[] = []
  readonly #stopListening: () => void
  /** Before this nothing comes out. */
  readonly #opensAt: number
  #heldBytes = 0
  #isWanted = false
  #isCut = false
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined
  #continueWriting: (() => void) | undefined
  #limitBytes: number
  #passedBytes = 0

  /** @param handshakes round trips that a new connection takes before it carries anything in this direction */
  constructor(faults: Faults, direction: Direction, handshakes = 0) {
    super()
    this.#opensAt = performance.now() + handshakes * faults.drawDelayMs()
    this.#faults = faults
    this.#direction = direction
    this.#limitBytes = faults.state.limitBytes
    this.#stopListening = faults.onChange(() => this.#onFaultsChange())
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.#isCut) this.#hold(chunk)
    this.#pump()
    const room = this.#faults.state.delayMs > 0 ? HOLD_DELAYED_BYTES : HOLD_BYTES
    if (this.#heldBytes < room) done()
    else this.#continueWriting = done
  }

  override _final(done: () => void): void {
    this.#hold(null)
    this.#pump()
    done()
  }

  override _read(): void {
    this.#isWanted = true
    this.#pump()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
    this.#stopListening()
    this.#queue.length = 0
    done(error)
  }

  #hold(chunk: Buffer | null): void {
    const delay = this.#direction === 'to-client' ? this.#faults.drawDelayMs() : 0
    // Never before what was written earlier: the bytes of a connection stay in order, whatever jitter is drawn.
    const due = Math.max(performance.now() + delay, this.#queue.at(-1)?.due ?? this.#opensAt)
    this.#queue.push({ chunk, due })
    this.#heldBytes += chunk?.length ?? 0
  }

  /** Passes on what is due and wanted. Runs again when more is wanted, when more is due, and when faults change. */
  #pump(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
    while (this.#isWanted && !this.#isCut && !this.#faults.state.blackhole) {
      const head = this.#queue[0]
      if (!head) break
      const wait = head.due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(wait))
        break
      }
      if (head.chunk === null) {
        this.#queue.shift()
        this.push(null)
        break
      }
      this.#isWanted = this.#pass(head, head.chunk)
      if (this.#faults.state.sliceBytes > 0) {
        // Slices written in one turn would go out as one: each gets a turn of its own.
        this.#turn = setImmediate(() => this.#pump())
        break
      }
    }
    if (this.#heldBytes < HOLD_BYTES) {
      const proceed = this.#continueWriting
      this.#continueWriting = undefined
      proceed?.()
    }
  }

  /** Passes one slice of the head of the queue. False when the reader wants no more for now. */
  #pass(head: Held, chunk: Buffer): boolean {
    const { sliceBytes } = this.#faults.state
    const left = this.#limitBytes > 0 ? this.#limitBytes - this.#passedBytes : Number.POSITIVE_INFINITY
    const size = Math.min(chunk.length, sliceBytes > 0 ? sliceBytes : chunk.length, left)
    const piece = chunk.subarray(0, size)
    if (size === chunk.length) this.#queue.shift()
    else head.chunk = chunk.subarray(size)
    this.#heldBytes -= size
    this.#passedBytes += size
    const isWanted = this.push(piece)
    if (size === left) this.#cut()
    return isWanted
  }

  #cut(): void {
    this.#isCut = true
    this.#queue.length = 0
    this.#heldBytes = 0
    this.push(null)
    this.emit('limit')
  }

  #onFaultsChange(): void {
    const { limitBytes } = this.#faults.state
    if (this.#direction === 'to-client' && limitBytes !== this.#limitBytes) {
      this.#limitBytes = limitBytes
      this.#passedBytes = 0
    }
    this.#pump()
  }
}
