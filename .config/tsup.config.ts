import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

// Every package is built alike: one entry for each of its `exports`, taken from the package's own
// manifest.
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, { '@phone-auth/source': string }>
}

export default defineConfig({
  entry: Object.values(manifest.exports).map((entry) => entry['@phone-auth/source']),
  format: ['esm'],
  platform: 'neutral',
  target: 'es2022',
  dts: true,
  sourcemap: true,
  clean: true,
  external: [/^node:/],
})
