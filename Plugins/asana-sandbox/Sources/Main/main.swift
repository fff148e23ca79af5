// The sandbox as a process: the service of `AsanaSandbox` with the clock of the machine.
// Everything is in memory and ends with the process.

import AsanaSandbox
import Glibc
import PluginKit

let sandbox = Sandbox {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Timestamp(milliseconds: time.tv_sec * 1_000 + time.tv_nsec / 1_000_000)
}
try await sandbox.service.run()
