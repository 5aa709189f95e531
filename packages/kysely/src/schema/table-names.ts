import {
  IdentifierNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type QueryId,
  SchemableIdentifierNode,
} from 'kysely'
import { COLUMNS } from './tables.ts'

/** The names of the tables in the database. */
export interface TableNames {
  /** The beginning of every table and index name. */
  readonly prefix: string
  /** The schema of the tables; `null` for the default schema of the connection. */
  readonly schema: string | null
}

// Functions are named in the same way.
const FUNCTIONS = ['merged', 'counted', 'charge', 'fail', 'succeed', 'redeem', 'sign_in_user', 'sign_in']
const NAMES: ReadonlySet<string> = new Set([...Object.keys(COLUMNS), ...FUNCTIONS])

/** Replaces the plain names that statements use by the names in the database. */
export function tableNames(names: TableNames): KyselyPlugin {
  const transformer = new TableNamer(names)
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => {
      for (const row of result.rows) replaceBigInts(row)
      return result
    },
  }
}

// Applications set their drivers to return integers as BigInt.
function replaceBigInts(row: Record<string, unknown>): void {
  for (const name in row) if (typeof row[name] === 'bigint') row[name] = Number(row[name])
}

class TableNamer extends OperationNodeTransformer {
  readonly #names: TableNames

  constructor(names: TableNames) {
    super()
    this.#names = names
  }

  protected override transformSchemableIdentifier(
    node: SchemableIdentifierNode,
    queryId?: QueryId,
  ): SchemableIdentifierNode {
    const { name } = node.identifier
    if (node.schema !== undefined || !NAMES.has(name)) {
      return super.transformSchemableIdentifier(node, queryId)
    }
    const { prefix, schema } = this.#names
    const identifier = prefix + name
    return schema === null
      ? { kind: 'SchemableIdentifierNode', identifier: IdentifierNode.create(identifier) }
      : SchemableIdentifierNode.createWithSchema(schema, identifier)
  }
}

// Such a name needs no quotes. With the longest suffix it fits into the 63 bytes that PostgreSQL
// keeps of a name.
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,30}$/

/**
 * Returns `names` if they are valid.
 *
 * @throws RangeError otherwise.
 */
export function checkTableNames(names: TableNames): TableNames {
  for (const [option, name] of Object.entries(names)) {
    if (name !== null && !PLAIN_NAME.test(name)) {
      throw new RangeError(
        `${option} must have 1 to 31 lower-case letters, digits and underscores, and must not begin with a digit.`,
      )
    }
  }
  return names
}
