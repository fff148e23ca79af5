import Loop
import Store

extension Store.ProcessIdentity {
  init(_ other: Loop.ProcessIdentity) {
    self.init(pid: other.pid, startTime: other.startTime, bootID: other.bootID)
  }
}

extension Loop.ProcessIdentity {
  init(_ other: Store.ProcessIdentity) {
    self.init(pid: other.pid, startTime: other.startTime, bootID: other.bootID)
  }
}
