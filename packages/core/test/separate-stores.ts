import { type MemoryStoresOptions, memoryStores } from '../src/memory.ts'

/** Stores that share nothing: there is no joint sign-in, and the user store ends neither sessions nor challenges. */
export function separateStores(options: MemoryStoresOptions = {}): ReturnType<typeof memoryStores> {
  const { otpStore } = memoryStores(options)
  const { userStore } = memoryStores(options)
  const { sessionStore } = memoryStores(options)
  return { otpStore, userStore, sessionStore } as ReturnType<typeof memoryStores>
}
