package configs

// HasEffect reports whether the setting at key decides anything in c: one of
// another prior than the chosen one does not. An unknown key has no effect.
func (c *Config) HasEffect(key string) bool {
	s, err := c.setting(key)
	return err == nil && c.active(s)
}
