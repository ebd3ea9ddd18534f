"""Has a concept changed? Every figure stands beside what it would be had nothing changed, so that noise is not news.

`contrast` asks whether some tracks of a concept sound otherwise than the rest; `periods` asks it of tracks added in
different years, `versions` of those that came and went between two published versions, beside what else can move:
vector, parent, children, centrality, quality. `suggestions` finds concepts that may be one.
"""
