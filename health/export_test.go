package health

// Records counts the parts that are kept, shown or not.
func (r *Registry) Records() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.root.below(nil)) - 1
}

// Listed counts the parts in the list that reports are made of.
func (r *Registry) Listed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.orderedLocked())
}
