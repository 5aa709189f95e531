export interface TokensMeasure {
  readonly name: string
  readonly micros: number
}
export async function measureTokens(): Promise<TokensMeasure[]> {
  return []
}
