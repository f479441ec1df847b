import { edge } from '../../src/edge/app.ts'
import { apiDocument } from '../../src/edge/docs/document.ts'
import { routes } from '../../src/routes/app.ts'
import { type ApiDocument, Conformance } from '../support/conformance.ts'

const document = JSON.parse(JSON.stringify(apiDocument({ edge, tenants: routes }))) as ApiDocument

/** Holds the answers of the Worker under test to its own document. */
export const conformance = new Conformance(document)
