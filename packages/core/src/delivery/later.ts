/**
 * Starts `work` after the caller's answer. The timer also delays what a provider does before its
 * first `await`: the answer must neither wait for it nor reveal it by its timing.
 */
export async function later<Result>(work: () => Promise<Result>): Promise<Result> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  return work()
}
