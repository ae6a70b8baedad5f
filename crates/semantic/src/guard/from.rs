//! FROM: every table is found, checked and written with its full name behind its row filter.

use sqlparser::ast::{
    Join, JoinConstraint, JoinOperator, ObjectName, Spanned, TableAlias, TableFactor, TableWithJoins,
};

use super::build;
use super::dialect::Dialect;
use super::joins;
use super::names::idents;
use super::refusal::{Refusal, Rule, brief, unsupported};
use super::sample;
use super::scope::{OutColumn, SMALL_ROWS, Shape, Source, renamed};
use super::walk::Walk;

const MAX_JOINS: usize = 12;

impl Walk<'_> {
    pub fn table_with_joins(&mut self, from: &mut TableWithJoins, links: &mut joins::Links) -> Result<(), Refusal> {
        let first = self.scope.frame().sources.len();
        self.table_factor(&mut from.relation, links)?;
        for Join { relation, global, join_operator } in &mut from.joins {
            if *global {
                return Err(unsupported("GLOBAL JOIN"));
            }
            self.count_join()?;
            let right = self.scope.frame().sources.len();
            self.table_factor(relation, links)?;
            let constraint = match join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                | JoinOperator::CrossJoin(constraint)
                | JoinOperator::StraightJoin(constraint) => constraint,
                _ => return Err(unsupported("this kind of join").or_at(relation.span())),
            };
            match constraint {
                JoinConstraint::On(condition) => {
                    joins::conditions(condition, &self.scope, self.policy.dialect(), links);
                    self.expr(condition)?;
                }
                JoinConstraint::Using(_) | JoinConstraint::Natural => {
                    if let JoinConstraint::Using(columns) = constraint {
                        self.shared(columns, first, right)?;
                    }
                    if matches!(constraint, JoinConstraint::Natural) {
                        self.found.see(self.policy, &self.scope.frame().sources[first..], None);
                    }
                    links.all(first, right + 1);
                    self.scope.frame().merged = true;
                }
                JoinConstraint::None => {}
            }
        }
        Ok(())
    }

    /// The columns of USING: each is one of what was joined before, and one of what is joined now.
    fn shared(&mut self, columns: &[ObjectName], first: usize, right: usize) -> Result<(), Refusal> {
        let dialect = self.policy.dialect();
        for name in columns {
            let parts = idents(name)?;
            let [ident] = parts.as_slice() else { return Err(unsupported("this USING").or_at(name.span())) };
            let key = dialect.key(ident);
            let sources = &self.scope.frame().sources;
            let has = |source: &Source| {
                source.shape.columns.as_ref().is_none_or(|columns| columns.iter().any(|column| column.key == key))
            };
            if !(sources[first..right].iter().any(has) && sources[right..].iter().any(has)) {
                let message = format!("there is no column `{}` on both sides", brief(&ident.value));
                return Err(Refusal::at(Rule::UnknownColumn, ident.span, message));
            }
            self.found.see(self.policy, &sources[first..], Some(&key));
        }
        Ok(())
    }

    pub fn count_join(&mut self) -> Result<(), Refusal> {
        self.joins += 1;
        if self.joins > MAX_JOINS {
            return Err(Refusal::new(Rule::TooComplex, format!("a statement may have {MAX_JOINS} joins")));
        }
        Ok(())
    }

    fn table_factor(&mut self, factor: &mut TableFactor, links: &mut joins::Links) -> Result<(), Refusal> {
        let span = factor.span();
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                if let Some(args) = args {
                    if args.settings.is_some()
                        || !with_hints.is_empty()
                        || version.is_some()
                        || sample.is_some()
                        || json_path.is_some()
                    {
                        return Err(unsupported("this table function").or_at(span));
                    }
                    return self.function_source(name, &mut args.args, alias.as_mut(), *with_ordinality, links);
                }
                if !with_hints.is_empty()
                    || version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                {
                    return Err(unsupported("a hint, partition or version of a table").or_at(span));
                }
                // They say how the rows are found, and not which.
                index_hints.clear();
                if self.policy.dialect() == Dialect::MySql && is_dual(name) && alias.is_none() && sample.is_none() {
                    let shape = Shape { columns: Some(Vec::new()), small: true };
                    return self.add(Source { alias: None, table: None, shape, is_value: false });
                }
                let sample = sample.take();
                let (mut replacement, source) = self.table(name, alias.take())?;
                if let Some(sample) = sample {
                    let is_table = source.table.is_some();
                    let put = is_table && sample::put(sample, &mut replacement, self.policy.dialect());
                    if !put {
                        return Err(unsupported("this sample").or_at(span));
                    }
                }
                *factor = replacement;
                self.add(source)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if sample.is_some() || self.plain {
                    return Err(unsupported("a sample of a query").or_at(span));
                }
                let shape = self.query(subquery)?;
                if *lateral {
                    let at = self.scope.frame().sources.len();
                    links.all(at.saturating_sub(1), at + 1);
                }
                let mut source = Source { alias: None, table: None, shape, is_value: false };
                if let Some(alias) = alias {
                    self.alias(alias)?;
                    source.alias = Some(self.policy.dialect().key(&alias.name));
                    let named = (!alias.columns.is_empty())
                        .then(|| alias.columns.iter().map(|column| self.named(&column.name)).collect());
                    source.shape.columns = renamed(source.shape.columns, named);
                }
                self.add(source)
            }
            TableFactor::Function { name, args, with_ordinality, alias, lateral: _ } => {
                self.function_source(name, args, alias.as_mut(), *with_ordinality, links)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                if alias.is_some() {
                    return Err(unsupported("an alias for a join in brackets").or_at(span));
                }
                self.table_with_joins(table_with_joins, links)
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset: false,
                with_offset_alias: None,
                with_ordinality,
            } => {
                self.unnest(array_exprs, alias.as_mut(), *with_ordinality, links).map_err(|refusal| refusal.or_at(span))
            }
            TableFactor::JsonTable { .. } => self.json_table(factor, links).map_err(|refusal| refusal.or_at(span)),
            TableFactor::TableFunction { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::XmlTable { .. } => {
                Err(Refusal::at(Rule::TableFunctionNotAllowed, span, "this function that answers rows is not allowed"))
            }
            _ => Err(unsupported("this source of rows").or_at(span)),
        }
    }

    pub fn add(&mut self, source: Source) -> Result<(), Refusal> {
        if let Some(alias) = source.alias.as_deref().filter(|alias| build::is_reserved(alias)) {
            let message = format!("nothing in a statement may be called `{}`", brief(alias));
            return Err(Refusal::new(Rule::Identifier, message));
        }
        let frame = self.scope.frame();
        if source.alias.is_some() && frame.sources.iter().any(|other| other.alias == source.alias) {
            let name = source.alias.as_deref().unwrap_or_default();
            return Err(Refusal::new(
                Rule::AmbiguousName,
                format!("`{}` is read twice: give each an alias", brief(name)),
            ));
        }
        frame.sources.push(source);
        Ok(())
    }

    /// A name in FROM: a common table expression, or a table of the product behind its scan.
    fn table(&mut self, name: &ObjectName, alias: Option<TableAlias>) -> Result<(TableFactor, Source), Refusal> {
        if self.plain {
            return Err(unsupported("a table in a row filter").or_at(name.span()));
        }
        let parts = idents(name)?;
        let last = *parts.last().ok_or_else(|| unsupported("a table without a name"))?;
        let mut alias =
            alias.unwrap_or_else(|| TableAlias { explicit: true, name: last.clone(), columns: Vec::new(), at: None });
        alias.explicit = true;
        self.alias(&mut alias)?;
        let key = self.policy.dialect().key(&alias.name);
        let named: Option<Vec<OutColumn>> =
            (!alias.columns.is_empty()).then(|| alias.columns.iter().map(|column| self.named(&column.name)).collect());

        let cte_key = self.policy.dialect().key(last);
        if parts.len() == 1
            && let Some(cte) = self.scope.cte(&cte_key)
        {
            cte.refers_to_itself |= cte.inside;
            let shape = Shape { columns: renamed(cte.shape.columns.clone(), named), small: cte.shape.small };
            let factor = plain_table(ObjectName::from(vec![cte.ident.clone()]), alias);
            return Ok((factor, Source { alias: Some(key), table: None, shape, is_value: false }));
        }
        let at = self.policy.find(&parts)?;
        let allowed = self.policy.table(at)?;
        if !self.found.tables.contains(&allowed.name) {
            self.found.tables.push(allowed.name.clone());
            if allowed.filtered {
                self.found.filtered.push(allowed.name.clone());
            }
        }
        let dialect = self.policy.dialect();
        let columns = allowed.columns.as_ref();
        let columns = columns.map(|columns| columns.iter().map(|name| OutColumn::stored(name, dialect)).collect());
        let small = allowed.rows.is_some_and(|rows| rows <= SMALL_ROWS);
        let is_renamed = named.is_some();
        let shape = Shape { columns: renamed(columns, named), small };
        let source = Source { alias: Some(key), table: Some(at), shape, is_value: false };
        // Under other names it is not known any more which is which.
        if is_renamed {
            self.found.see(self.policy, [&source], None);
        }
        let mut factor = allowed.scan.clone();
        match &mut factor {
            TableFactor::Table { alias: place, .. } | TableFactor::Derived { alias: place, .. } => *place = Some(alias),
            _ => return Err(unsupported("this table")),
        }
        Ok((factor, source))
    }

    pub fn alias(&self, alias: &mut TableAlias) -> Result<(), Refusal> {
        if alias.at.is_some() || alias.columns.iter().any(|column| column.data_type.is_some()) {
            return Err(unsupported("this form of an alias").or_at(alias.name.span));
        }
        Ok(())
    }
}

/// MariaDB's word for no table at all.
fn is_dual(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [part] if part.as_ident().is_some_and(|ident| {
        ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("dual")
    }))
}

fn plain_table(name: ObjectName, alias: TableAlias) -> TableFactor {
    TableFactor::Table {
        name,
        alias: Some(alias),
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_hints: Vec::new(),
    }
}
