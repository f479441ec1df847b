import type { ObjectId } from 'mongodb'

/** The ObjectId that `id` spells, or `undefined` for what spells none. */
export async function objectId(id: string): Promise<ObjectId | undefined> {
  if (!/^[0-9a-f]{24}$/i.test(id)) return undefined
  const { ObjectId } = await import('mongodb')
  return new ObjectId(id)
}
