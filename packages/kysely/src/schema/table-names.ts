import {
  IdentifierNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type QueryId,
  SchemableIdentifierNode,
} from 'kysely'
import { COLUMNS } from './tables.ts'

/** How the tables are called in the database. */
export interface TableNames {
  /** What every name of a table or index begins with. */
  readonly prefix: string
  /** The schema that holds them; `null` for the one that the connection finds by itself. */
  readonly schema: string | null
}

/**
 * Gives the tables, which statements call by their plain names, the names they have in the
 * database.
 */
export function tableNames(names: TableNames): KyselyPlugin {
  const transformer = new TableNamer(names)
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  }
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
    if (node.schema !== undefined || !Object.hasOwn(COLUMNS, name)) {
      return super.transformSchemableIdentifier(node, queryId)
    }
    const { prefix, schema } = this.#names
    const identifier = prefix + name
    return schema === null
      ? { kind: 'SchemableIdentifierNode', identifier: IdentifierNode.create(identifier) }
      : SchemableIdentifierNode.createWithSchema(schema, identifier)
  }
}

// What fits, with the longest name after it, into the 63 bytes that PostgreSQL keeps of a name; and
// needs no quotes.
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,30}$/

/** `names`, if they can serve. @throws RangeError otherwise. */
export function checkTableNames(names: TableNames): TableNames {
  for (const [option, name] of Object.entries(names)) {
    if (name !== null && !PLAIN_NAME.test(name)) {
      throw new RangeError(
        `${option} must have 1 to 31 lower-case letters, digits and underscores, and begin with no digit.`,
      )
    }
  }
  return names
}
