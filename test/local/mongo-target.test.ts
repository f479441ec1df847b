import { MongoClient } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { mongoTarget } from '../../dev/local/mongo/target.ts'

describe('a MongoDB URI behind the proxy', () => {
  test.each([
    ['mongodb://127.0.0.1:27017', '/?directConnection=true'],
    ['mongodb://127.0.0.1:27017/', '/?directConnection=true'],
    ['mongodb://127.0.0.1:27017/shop', '/shop?directConnection=true'],
    ['mongodb://127.0.0.1:27017?appName=a', '/?appName=a&directConnection=true'],
    // What mongosh prints. The driver refuses an option that is there twice.
    ['mongodb://127.0.0.1:27017/?directConnection=true', '/?directConnection=true'],
    ['mongodb://127.0.0.1:27017/?directconnection=false&w=1', '/?w=1&directConnection=true'],
  ])('of %s is one that the driver takes', (uri, rest) => {
    const proxied = mongoTarget(uri)?.throughProxy(5)
    expect(proxied).toBe(`mongodb://127.0.0.1:5${rest}`)
    expect(new MongoClient(proxied ?? '').options.directConnection).toBe(true)
  })

  test('keeps credentials, and knows hosts of every kind', () => {
    const target = mongoTarget('mongodb://u:p%40@[::1]/shop')
    expect(target).toMatchObject({ host: '::1', port: 27_017 })
    expect(target?.throughProxy(5)).toBe('mongodb://u:p%40@127.0.0.1:5/shop?directConnection=true')
    const guarded = mongoTarget('mongodb://u:p@127.0.0.1:1/?authSource=admin')?.throughProxy(5)
    expect(guarded).toBe('mongodb://u:p@127.0.0.1:5/?authSource=admin&directConnection=true')
    expect(mongoTarget('mongodb://db.example:1/')).toMatchObject({ host: 'db.example', port: 1 })
  })

  test.each(['mongodb://a,b/', 'mongodb+srv://a/', 'mongodb://a/?tls=true', 'mongodb://a/?w=1&ssl=true'])(
    'cannot be made of %s',
    (uri) => {
      expect(mongoTarget(uri)).toBeUndefined()
    },
  )
})
