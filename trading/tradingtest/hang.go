package tradingtest

// Calls that hang: deaf to their contexts, as those of a client library can be that waits for a connection.

// HangCancel lets the next Cancel hang; once it goes on it is passed on.
func (m *Misbehaving) HangCancel() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hangCancel = true
}

// HangOrder lets the next question for an order hang; once it goes on it is passed on.
func (m *Misbehaving) HangOrder() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hangOrder = true
}

// Hanging returns a channel that is closed once a call hangs: the first since the last Wake.
func (m *Misbehaving) Hanging() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hanging
}

// Wake lets all calls go on that hang now.
func (m *Misbehaving) Wake() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.released {
		close(m.release)
		m.hanging, m.release = make(chan struct{}), make(chan struct{})
	}
}

// Release lets all calls go on that hang, and those that are to hang later, too.
func (m *Misbehaving) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.released {
		close(m.release)
		m.released = true
	}
}

// hang announces a call that hangs, and returns when it may go on.
func (m *Misbehaving) hang() {
	m.mu.Lock()
	select {
	case <-m.hanging:
	default:
		close(m.hanging)
	}
	release := m.release
	m.mu.Unlock()
	<-release
}

// takes tells whether something is to happen now that was asked for once.
func (m *Misbehaving) takes(asked *bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	is := *asked
	*asked = false
	return is
}
