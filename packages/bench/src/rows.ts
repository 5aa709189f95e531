import type { DatabaseName, DatabaseUrl } from './contender.ts'
export interface RowsMeasure {
  readonly rows: number
  readonly p50Micros: Record<string, number>
}
export async function measureRows(
  _d: DatabaseName,
  _s: number[],
  _n: (database: DatabaseName) => Promise<DatabaseUrl>,
  _p: (t: string) => void,
): Promise<RowsMeasure[]> {
  return []
}
