"""What several package managers share."""
