/// What a service's results are searched for, because clients know it by other names.
extension Service {
  /// - Parameters:
  ///   - uris: `nil` if all of its URIs are its alone.
  ///   - isAlone: there is no other service, so that its task ids need no name in front.
  func takeNames(_ uris: URINames?, isAlone: Bool) {
    uriNames = uris
    hasTasks = offer.map { $0.hasLegacyTasks || $0.hasTaskExtension } ?? false
    makesExtensionTasks = offer?.hasTaskExtension ?? false
    renames = hasTasks || uris != nil
    prefixesTasks = !isAlone
    twin?.service.takeNames(of: self)
  }

  /// Those of its sibling.
  func takeNames(of other: Service) {
    uriNames = other.uriNames
    hasTasks = other.hasTasks
    makesExtensionTasks = other.makesExtensionTasks
    renames = other.renames
    prefixesTasks = other.prefixesTasks
  }
}
