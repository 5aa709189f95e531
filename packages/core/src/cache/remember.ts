const MAX_ENTRIES = 10_000

/** Stores an entry and deletes the oldest one if there are more than 10 000. */
export function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key)
  const [oldest] = memory.keys()
  if (memory.size >= MAX_ENTRIES && oldest !== undefined) memory.delete(oldest)
  memory.set(key, value)
}
