import { describe, expect, test } from 'vitest'
import { ScramConversation, ScramError, scramCredentials } from '../../dev/local/mongo/scram.ts'

/** The example conversation of RFC 7677, section 3, which mongodb/specifications has too (auth.md, "SCRAM-SHA-256"). */
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const FIRST = 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO'
const SIGNED = `c=biws,r=rOprNGfwEbeRWgbNEkqO${NONCE}`
const FINAL = `${SIGNED},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`

const credentials = await scramCredentials('pencil', SALT, 4096)

function converse(skipsEmptyExchange = true) {
  const asked: string[] = []
  const credentialsOf = (user: string) => {
    asked.push(user)
    return credentials
  }
  return { asked, talk: new ScramConversation({ credentialsOf, nonce: NONCE, skipsEmptyExchange }) }
}

describe('a SCRAM-SHA-256 conversation', () => {
  test('is the one of RFC 7677, word for word', () => {
    const { talk, asked } = converse()
    expect(talk.next(FIRST)).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    )
    expect(asked).toEqual(['user'])
    expect(talk.isDone).toBe(false)
    expect(talk.next(FINAL)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
    expect([talk.isDone, talk.user]).toEqual([true, 'user'])
    expect(() => talk.next('')).toThrow(ScramError)
  })

  test('waits for an empty message at its end unless that is to be skipped', () => {
    const { talk } = converse(false)
    talk.next(FIRST)
    talk.next(FINAL)
    expect(talk.isDone).toBe(false)
    expect(talk.next('')).toBe('')
    expect(talk.isDone).toBe(true)
  })

  test('reads the two characters that a name has to escape', () => {
    const { talk, asked } = converse()
    talk.next('n,,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO')
    expect(asked).toEqual(['a,b=c'])
  })

  test.each([
    ['nothing', ''],
    ['a final message', FINAL],
    ['channel binding', FIRST.replace('n,,', 'p=tls-unique,,')],
    ['a mandatory extension', 'n,,m=x,n=user,r=rOprNGfwEbeRWgbNEkqO'],
    ['no name', 'n,,n=,r=rOprNGfwEbeRWgbNEkqO'],
    ['the rights of another', 'n,a=root,n=user,r=rOprNGfwEbeRWgbNEkqO'],
    ['a nonce too short to be one', 'n,,n=user,r=rOp'],
  ])('does not begin with %s', (_, message) => {
    expect(() => converse().talk.next(message)).toThrow(ScramError)
  })

  test.each([
    ['the proof of another password', FINAL.replace('p=d', 'p=e')],
    ['a proof of another length', `${SIGNED},p=dHzb`],
    ['no proof', SIGNED],
    ['an empty proof', `${SIGNED},p=`],
    ["the client's nonce alone", FINAL.replace(NONCE, '')],
    ['another nonce', FINAL.replace('%hv', '%hw')],
    ['another header than it began with', FINAL.replace('biws', 'eSws')],
    ['its first message again', FIRST],
    ['nothing', ''],
  ])('is not ended by %s', (_, message) => {
    const { talk } = converse()
    talk.next(FIRST)
    expect(() => talk.next(message)).toThrow(ScramError)
    expect(talk.isDone).toBe(false)
  })
})
