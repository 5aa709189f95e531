const BOOL = 16
const INT8 = 20
const INT4 = 23
const JSON_TEXT = 114
const JSONB = 3802

/**
 * Returns the parser of a type. The parsers of `pg` apply to the whole process, and applications do
 * change them.
 */
export function getTypeParser(type: number): (text: string) => unknown {
  switch (type) {
    case BOOL:
      return (text) => text === 't'
    case INT4:
    case INT8:
      return Number
    case JSON_TEXT:
    case JSONB:
      return (text) => JSON.parse(text)
    default:
      return (text) => text
  }
}
