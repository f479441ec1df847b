import { ProtocolError } from './message.ts'

/** The largest message a server takes, as `hello` says it: https://www.mongodb.com/docs/manual/reference/command/hello/ */
export const MAX_MESSAGE_BYTES = 48_000_000

/** Cuts a byte stream into messages by the length that each one begins with. */
export class FrameSplitter {
  #chunks: Buffer[] = []
  #size = 0

  /** Takes the next bytes and gives the messages that are whole now. Throws ProtocolError on an impossible length. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: Buffer[] = []
    for (
      let length = this.#nextLength();
      length !== undefined && this.#size >= length;
      length = this.#nextLength()
    ) {
      messages.push(this.#take(length))
    }
    return messages
  }

  #nextLength(): number | undefined {
    if (this.#size < 4) return undefined
    if ((this.#chunks[0] as Buffer).length < 4) this.#chunks = [Buffer.concat(this.#chunks)]
    const length = (this.#chunks[0] as Buffer).readInt32LE(0)
    if (length < 16 || length > MAX_MESSAGE_BYTES) throw new ProtocolError(`a message of ${length} bytes`)
    return length
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0] as Buffer
    const whole = first.length >= length ? first : Buffer.concat(this.#chunks)
    this.#chunks = first.length >= length ? this.#chunks : [whole]
    if (whole.length === length) this.#chunks.shift()
    else this.#chunks[0] = whole.subarray(length)
    this.#size -= length
    return whole.subarray(0, length)
  }
}
