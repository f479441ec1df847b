import type { Bytes } from '../bytes.ts'

/**
 * Redis' glob patterns (https://redis.io/docs/latest/commands/keys/): `*`, `?`, `[abc]`, `[^a]`, `[a-z]` and `\`
 * to take a character as it is. Returns the test for one pattern.
 */
export function glob(pattern: Bytes): (bytes: Bytes) => boolean {
  if (pattern === '*') return () => true
  if (!/[*?[\\]/.test(pattern)) return (bytes) => bytes === pattern
  const tokens = tokenize(pattern)
  return (bytes) => matches(tokens, bytes)
}

type Token = '*' | ((character: string) => boolean)

function tokenize(pattern: Bytes): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < pattern.length) {
    const character = pattern.charAt(at++)
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*')
    } else if (character === '?') {
      tokens.push(() => true)
    } else if (character === '[') {
      const end = endOfClass(pattern, at)
      tokens.push(characterClass(pattern.slice(at, end)))
      at = end + 1
    } else {
      const literal = character === '\\' && at < pattern.length ? pattern.charAt(at++) : character
      tokens.push((other) => other === literal)
    }
  }
  return tokens
}

/** Where the `]` is that closes a class; an unclosed class reaches to the end of the pattern, as in Redis. */
function endOfClass(pattern: Bytes, from: number): number {
  for (let at = from; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++
    else if (pattern[at] === ']') return at
  }
  return pattern.length
}

function characterClass(body: string): (character: string) => boolean {
  const negated = body.startsWith('^')
  const ranges: [string, string][] = []
  for (let at = negated ? 1 : 0; at < body.length; at++) {
    if (body[at] === '\\' && at + 1 < body.length) at++
    const first = body.charAt(at)
    if (body[at + 1] === '-' && at + 2 < body.length) {
      const last = body.charAt(at + 2)
      ranges.push(first < last ? [first, last] : [last, first])
      at += 2
    } else {
      ranges.push([first, first])
    }
  }
  return (character) => ranges.some(([low, high]) => character >= low && character <= high) !== negated
}

/** Backtracks only to the last `*`: linear in practice, and never exponential as a regular expression can be. */
function matches(tokens: readonly Token[], bytes: Bytes): boolean {
  let token = 0
  let at = 0
  let star = -1
  let starAt = 0
  while (at < bytes.length) {
    const current = tokens[token]
    if (current === '*') {
      star = token++
      starAt = at
    } else if (current?.(bytes.charAt(at))) {
      token++
      at++
    } else if (star !== -1) {
      token = star + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (tokens[token] === '*') token++
  return token === tokens.length
}
