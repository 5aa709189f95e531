import { format } from 'sql-formatter'

const MAX_WIDTH = 100

/** Lays out a statement for reading and comparing: what fits on one line is on one line. */
export function laidOut(sql: string): string {
  const lines = format(sql, { language: 'postgresql', expressionWidth: MAX_WIDTH }).split('\n')
  return filled(folded(lines)).join('\n')
}

const indentOf = (line: string) => line.length - line.trimStart().length

// A line, the lines that are indented further, and their closing brackets become one line if they
// fit. Otherwise the parts of the block are folded.
function folded(lines: readonly string[]): string[] {
  const [head] = lines
  if (head === undefined) return []
  const indent = indentOf(head)
  const belongs = (line: string) => indentOf(line) > indent || (indentOf(line) === indent && /^ *\)/.test(line))
  const next = lines.findIndex((line, index) => index > 0 && !belongs(line))
  const end = next === -1 ? lines.length : next
  const block = lines.slice(0, end)
  const text = block.map((line) => line.trim()).join(' ')
  const line = ' '.repeat(indent) + text.replaceAll('( ', '(').replaceAll(' )', ')')
  const first = line.length <= MAX_WIDTH ? [line] : [head, ...folded(block.slice(1))]
  return [...first, ...folded(lines.slice(end))]
}

// Columns and placeholders of a list share lines.
function filled(lines: readonly string[]): string[] {
  const result: string[] = []
  const isListed = (line: string) => /^( *((?:"\w+"\.)?"\w+"|\$?\d+),?)+$/.test(line)
  for (const line of lines) {
    const last = result.at(-1) ?? ''
    const longer = `${last} ${line.trim()}`
    const isSameList = last.endsWith(',') && indentOf(last) === indentOf(line) && isListed(last) && isListed(line)
    if (isSameList && longer.length <= MAX_WIDTH) result.splice(-1, 1, longer)
    else result.push(line)
  }
  return result
}
