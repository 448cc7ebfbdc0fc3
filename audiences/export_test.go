package audiences

// ManyMembers sets how large a size must be to be counted once a minute only.
func (s *Service) ManyMembers(n int) {
	s.sizes.mu.Lock()
	defer s.sizes.mu.Unlock()
	s.sizes.many = n
}
