package import Loop

/// A child of a gateway, written down so that a later start can end it.
package struct ChildRecord: Hashable, Sendable {
  package var process: ProcessIdentity
  /// What its environment carries so that its descendants can be found.
  package var marker: String
  package var service: String
  package var owner: ProcessIdentity

  package init(process: ProcessIdentity, marker: String, service: String, owner: ProcessIdentity) {
    self.process = process
    self.marker = marker
    self.service = service
    self.owner = owner
  }
}
