package import Loop
package import Store

extension Store.ProcessIdentity {
  package init(_ other: Loop.ProcessIdentity) {
    self.init(pid: other.pid, startTime: other.startTime, bootID: other.bootID)
  }
}

extension Loop.ProcessIdentity {
  package init(_ other: Store.ProcessIdentity) {
    self.init(pid: other.pid, startTime: other.startTime, bootID: other.bootID)
  }
}
