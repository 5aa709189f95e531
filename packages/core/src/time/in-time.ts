const TIMEOUT_MS = 5_000

/** Thrown by {@link inTime} if a function of the application takes too long. */
export class TimedOutError extends Error {}

/** Waits five seconds at most for a function of the application, which must not hold up a call. */
export async function inTime<Result>(work: () => Result): Promise<Awaited<Result>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOutError()), TIMEOUT_MS)
  })
  try {
    return await Promise.race([(async () => work())(), late])
  } finally {
    clearTimeout(timer)
  }
}
