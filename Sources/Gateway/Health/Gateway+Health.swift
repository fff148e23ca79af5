import Loop

/// What services tell that is about their health.
extension Gateway {
  func phaseChanged(of service: Service) { health.phaseChanged(of: service) }

  func wroteJunk(_ service: Service) { health.wroteJunk(service) }
}
