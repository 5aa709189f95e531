import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one line that tools can parse: `N passed, N failed`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      const results = [...module.children.allTests()].map((test) => test.result().state)
      for (const state of results) if (state !== 'pending') count[state] += 1
      // A file that failed to load ran no tests. It counts as one failure.
      if (module.state() === 'failed' && !results.includes('failed')) count.failed += 1
    }
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // Printed after the output of the other reporters.
    process.once('exit', () => process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`))
  }
}
