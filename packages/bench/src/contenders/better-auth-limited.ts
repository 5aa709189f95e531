export { openLimited as open } from './better-auth.ts'
