import { CommandError } from '../errors.ts'
import { compareFor } from '../query/collation.ts'
import { findRecords } from '../query/find.ts'
import { compileProjection } from '../query/find-projection.ts'
import { compileFilter } from '../query/match.ts'
import { parseSort } from '../query/sort.ts'
import type { StoredDoc } from '../store/record.ts'
import { compileUpdate } from '../update/update.ts'
import { type Doc, isDoc } from '../values/codec.ts'
import { collectionOf, docField } from './arguments.ts'
import { type CommandContext, foreignCollections, type Handler } from './context.ts'
import { openCollection } from './write.ts'
import { updateRecord, upsertRecord } from './write-one.ts'

function findAndModify(context: CommandContext): Doc {
  const { command, server, db } = context
  const isRemove = command.remove === true
  checkForm(command, isRemove)
  const filter = docField(command, 'query')
  const variables = docField(command, 'let')
  const options = { compare: compareFor(command.collation), variables }
  const toDoc = compileProjection(command.fields, filter, options) ?? ((doc: Doc) => doc)
  const existing = server.store.get(db, collectionOf(context))
  const collection = existing ?? (command.upsert === true ? openCollection(context) : undefined)
  if (!collection) return isRemove ? removed(undefined) : updated(undefined, false)

  const sort = isDoc(command.sort) ? { sort: parseSort(command.sort) } : {}
  const [record] = [...findRecords(collection, { ...options, ...sort, filter, limit: 1 }).records]
  if (isRemove) {
    if (!record) return removed(undefined)
    const before = toDoc(record.doc)
    collection.delete(record)
    return removed(before)
  }
  const foreign = foreignCollections(server.store, db)
  const update = compileUpdate(command.update, command.arrayFilters, { foreign, variables })
  if (!record) {
    if (command.upsert !== true) return updated(undefined, false)
    const inserted = upsertRecord(collection, filter, command.update, update)
    return updated(command.new === true ? toDoc(inserted.doc) : undefined, false, inserted)
  }
  const before = command.new === true ? undefined : toDoc(record.doc)
  updateRecord(collection, record, update, compileFilter(filter, options))
  return updated(before ?? toDoc(record.doc), true)
}

function checkForm(command: Doc, isRemove: boolean): void {
  if (isRemove === (command.update !== undefined)) {
    throw new CommandError(
      'FailedToParse',
      isRemove
        ? "Cannot specify both an 'update' and 'remove'=true"
        : "Either an 'update' or 'remove'=true must be specified",
    )
  }
  if (isRemove && command.upsert === true) {
    throw new CommandError('FailedToParse', "Cannot specify both 'upsert'=true and 'remove'=true")
  }
  if (isRemove && command.new === true) {
    throw new CommandError(
      'FailedToParse',
      "Cannot specify both 'new'=true and 'remove'=true; 'remove' always returns the deleted document",
    )
  }
}

function removed(value: Doc | undefined): Doc {
  return { lastErrorObject: { n: value ? 1 : 0 }, value: value ?? null }
}

function updated(value: Doc | undefined, updatedExisting: boolean, upserted?: StoredDoc): Doc {
  const n = updatedExisting || upserted ? 1 : 0
  return {
    lastErrorObject: { n, updatedExisting, ...(upserted ? { upserted: upserted.doc._id } : {}) },
    value: value ?? null,
  }
}

export const findAndModifyCommands: Record<string, Handler> = { findAndModify, findandmodify: findAndModify }
