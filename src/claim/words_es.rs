//! The Spanish lexicon; words without accents, as tokens are.

use super::words::{Entry, Word};
use crate::records::Method;

/// Little words that tell Spanish.
pub(super) const LITTLE: &str = "el la los las en de del que y un una por desde hasta entre fue fueron tuvo hubo hay es son con al mas menos casi cerca como crecio aumento cayo bajo subio hectareas cultivos cultivo erradicacion departamento municipio paso mil se su sobre para area segun record lo ni";

/// Words and phrases.
pub(super) const WORDS: &[Entry] = &[
    (
        Word::Coca,
        "cultivo cultivos cultivos_de_coca cultivo_de_coca area_de_coca area_cultivada area_sembrada area superficie hoja_de_coca_cultivada sembrada sembradas sembrado cultivadas cultivada cocaleros matas_de_coca area_con_coca siembra siembras cultivos_ilicitos cultivo_ilicito cultivos_de_uso_ilicito narcocultivos plantaciones area_de_cultivos censo_de_coca sembradios coca_sembrada coca_cultivada cultivos_cocaleros cultivo_cocalero hectareaje area_en_coca",
    ),
    (
        Word::UnitedStates,
        "estados_unidos ee_uu eeuu eua washington casa_blanca la_casa_blanca segun_estados_unidos segun_washington estimacion_de_estados_unidos cia",
    ),
    (
        Word::Eradication(None),
        "erradicacion erradicaron erradico erradicadas erradicada erradicado erradicados erradicar arrancaron arrancadas arranco eliminadas eliminaron destruyeron destruidas",
    ),
    (
        Word::Eradication(Some(Method::Manual)),
        "erradicacion_manual erradicadas_manualmente erradicadas_a_mano erradicacion_a_mano manualmente erradicaron_manualmente erradicaron_a_mano",
    ),
    (
        Word::Eradication(Some(Method::ForcedManual)),
        "erradicacion_forzosa erradicacion_forzada erradicacion_manual_forzosa erradicacion_manual_forzada erradicacion_forzosa_manual erradicadas_forzosamente erradicadas_por_la_fuerza",
    ),
    (
        Word::Eradication(Some(Method::Voluntary)),
        "erradicacion_voluntaria erradicadas_voluntariamente erradicacion_manual_voluntaria",
    ),
    (
        Word::Eradication(Some(Method::Spraying)),
        "aspersion aspersion_aerea fumigacion fumigacion_aerea fumigaciones fumigadas asperjadas fumigaron asperjaron erradicacion_aerea aspersiones asperjo fumigo asperjado asperjada aspersion_con_glifosato",
    ),
    (
        Word::Eradication(Some(Method::DroneSpraying)),
        "aspersion_con_drones aspersion_con_dron drones dron fumigacion_con_drones fumigadas_con_drones asperjadas_con_drones",
    ),
    (
        Word::AllMethods,
        "erradicacion_manual_y_aspersion erradicacion_y_aspersion erradicacion_total toda_la_erradicacion erradicacion_manual_y_aerea manual_y_aerea erradicacion_por_todos_los_metodos todos_los_metodos erradicacion_manual_mas_aspersion aspersion_y_erradicacion_manual aspersion_y_erradicacion",
    ),
    (Word::GrossGain, "ganancia_bruta expansion_bruta crecimiento_bruto aumento_bruto"),
    (
        Word::Seizures,
        "incautaciones incautacion incautadas incautados incautaron incauto decomisos decomisaron decomisadas",
    ),
    (
        Word::Growth,
        "crecimiento tasa_de_crecimiento ritmo ritmo_de_crecimiento expansion ritmo_de_expansion velocidad_de_crecimiento",
    ),
    (
        Word::Up,
        "crecio crece crecieron crecen creciendo crecer aumento aumentaron aumenta aumentan aumentado aumentar aumentando incremento incrementaron incrementa subio suben sube subieron subida subiendo alza ascenso incrementar se_expandio expandio se_disparo disparo ganancia repunte ascendio gano crecido subido",
    ),
    (
        Word::Down,
        "cayo caen cae cayeron caida cayendo caer bajo bajaron baja bajan bajando bajar disminuyo disminuyeron disminucion disminuye disminuyen disminuir redujo redujeron se_redujo reduccion reducir reduce reducido descendio descenso descendieron decrecio decrecieron retrocedio retroceso se_desplomo desplomo perdio contrajo contraccion caido bajado disminuido mermo perdida desplome recorto",
    ),
    (
        Word::Flat,
        "estable estables estabilidad se_mantuvo_estable se_mantuvo se_mantuvieron mantuvo se_mantiene se_mantienen mantiene mantienen igual no_cambio no_vario sin_cambios constante se_estabilizo estabilizo estanco sin_cambio permanecio_estable permanecio se_estanco invariable",
    ),
    (Word::Vary, "cambio vario variacion cambios variaron cambiaron"),
    (
        Word::Slower,
        "se_desacelero desacelero desaceleracion desacelera desaceleraron mas_lento mas_lenta se_freno freno se_ralentizo ralentizo perdio_ritmo perdio_velocidad mas_lentamente se_modero modero",
    ),
    (Word::Faster, "se_acelero acelero aceleracion acelera mas_rapido mas_rapida mas_rapidamente"),
    (Word::Times(2.0), "duplico duplicaron duplica duplicado doblo doble duplicarse duplicacion duplico_su"),
    (Word::Times(3.0), "triplico triplicaron triplica triple triplicado"),
    (Word::Times(4.0), "cuadruplico cuadruplicaron cuadruple"),
    (Word::Times(5.0), "quintuplico quintuplicaron quintuple"),
    (Word::Times(10.0), "decuplico"),
    (Word::Part(50.0), "la_mitad mitad"),
    (Word::Part(100.0 / 3.0), "un_tercio tercio la_tercera_parte una_tercera_parte tercera_parte"),
    (Word::Part(200.0 / 3.0), "dos_tercios dos_terceras_partes las_dos_terceras_partes los_dos_tercios"),
    (Word::Part(25.0), "un_cuarto la_cuarta_parte una_cuarta_parte cuarta_parte"),
    (Word::Part(75.0), "tres_cuartos tres_cuartas_partes las_tres_cuartas_partes"),
    (Word::Part(20.0), "un_quinto la_quinta_parte una_quinta_parte quinta_parte"),
    (Word::Part(40.0), "dos_quintos dos_quintas_partes"),
    (Word::Part(10.0), "un_decimo la_decima_parte una_decima_parte"),
    (Word::More, "mas mayor mayores superior superiores mas_alta mas_alto mas_coca mas_area"),
    (Word::Less, "menos menor menores inferior inferiores mas_baja mas_bajo menos_coca menos_area"),
    (
        Word::Most,
        "con_mas_coca con_mas_hectareas con_mas_cultivos con_mayor_area con_la_mayor_area con_mas_area con_mayor_cantidad_de_coca mas_cocalero primer_lugar primer_puesto encabeza encabezo lidera lidero primero primera ocupa_el_primer_lugar con_el_mayor_area mas_coca_de_todos con_mayor_numero_de_hectareas con_mas_cultivos_de_coca con_mayor_area_sembrada con_mas_hectareas_de_coca mas_coca_que_ninguno la_mayor_area_de_coca mas_coca_que_cualquier_otro",
    ),
    (
        Word::Rank(2),
        "segundo segunda segundo_lugar segundo_puesto segundo_con_mas_coca segundo_departamento_con_mas_coca segundo_municipio_con_mas_coca",
    ),
    (
        Word::Rank(3),
        "tercero tercer_lugar tercer_puesto tercero_con_mas_coca tercer_departamento_con_mas_coca tercer_municipio_con_mas_coca",
    ),
    (Word::Rank(4), "cuarto_lugar cuarto_puesto cuarto_departamento_con_mas_coca cuarto_municipio_con_mas_coca"),
    (Word::Rank(5), "quinto_lugar quinto_puesto quinto_departamento_con_mas_coca quinto_municipio_con_mas_coca"),
    (
        Word::Top,
        "la_mas_alta el_mas_alto las_mas_altas la_mayor el_mayor maximo maxima maximos la_cifra_mas_alta cifra_mas_alta nivel_mas_alto el_nivel_mas_alto mayor_cifra la_mayor_cifra mayor_area el_area_mas_alta valor_mas_alto area_mas_alta",
    ),
    (
        Word::Bottom,
        "la_mas_baja el_mas_bajo minimo minima la_menor el_menor la_cifra_mas_baja cifra_mas_baja nivel_mas_bajo el_nivel_mas_bajo menor_cifra area_mas_baja menor_area",
    ),
    (
        Word::Record,
        "record records nuevo_record un_nuevo_record que_nunca mas_que_nunca mas_coca_que_nunca maximo_historico maxima_historica record_historico cifra_record nivel_record historico historica pico_historico mas_alta_de_la_historia mas_alto_de_la_historia la_mas_alta_de_la_historia la_cifra_mas_alta_de_la_historia nivel_mas_alto_de_la_historia el_nivel_mas_alto_de_la_historia la_mas_alta_registrada el_mas_alto_de_la_historia la_mayor_de_la_historia cifra_mas_alta_de_la_historia el_mas_alto_registrado",
    ),
    (Word::RecordLow, "minimo_historico minima_historica la_mas_baja_de_la_historia el_mas_bajo_de_la_historia"),
    (
        Word::Peak,
        "su_record su_maximo su_maximo_historico su_record_historico su_mayor_nivel su_nivel_mas_alto pico su_pico tope alcanzo_su_pico",
    ),
    (
        Word::MoreThan,
        "mas_que mas_de mas_del por_encima_de por_encima_del por_encima superaba superaban supero superaron supera superan superior_a superiores_a superior_al superiores_al mayor_a mayor_al mayor_que sobrepaso sobrepasa excedio excede mas_alla_de rebaso paso_de_las paso_de_los paso_las pasaron_las paso_los supero_las supero_los sobre_las ligeramente_superior_a un_poco_mas_de poco_mas_de algo_mas_de un_poco_mas_del poco_mas_del algo_mas_del",
    ),
    (
        Word::LessThan,
        "menos_que menos_de menos_del por_debajo_de por_debajo_del por_debajo inferior_a inferiores_a inferior_al inferiores_al menor_a menor_al menor_que no_llego_a no_llegaron_a no_alcanzo no_llega_a no_llego_al no_llegaron_al no_llega_al no_llegaba_a no_llegaban_a no_alcanzaron no_alcanza no_alcanzaba no_alcanzaban poco_menos_de algo_menos_de un_poco_menos_de poco_menos_del algo_menos_del un_poco_menos_del",
    ),
    (Word::AtLeast, "al_menos por_lo_menos no_menos_de no_menos_del como_minimo minimo_de cuando_menos"),
    (
        Word::AtMost,
        "a_lo_sumo como_maximo no_mas_de no_mas_del maximo_de hasta_un no_pasaban_de no_superaban no_supero no_superaron no_supera no_paso_de no_paso_del no_excedio cuando_mas",
    ),
    (
        Word::About,
        "cerca_de cerca_del alrededor_de alrededor_del aproximadamente unas unos mas_o_menos en_torno_a en_torno_al aproximada cercano_a cercana_a cercanas_a cerca_a alrededor aprox del_orden_de en_el_orden_de",
    ),
    (Word::Nearly, "casi poco_menos_que"),
    (Word::OrMore, "o_mas"),
    (Word::OrLess, "o_menos"),
    (Word::Not, "no tampoco sin"),
    (Word::Went, "paso pasaron pasando paso_de pasaron_de pasar_de pasando_de pasa_de"),
    (
        Word::Was,
        "estimo estimaron fue fueron era eran tuvo tuvieron tenia tiene tienen hubo habia hay han es son estuvo estaba quedo quedaron registro registraron registra reporto reportaron sumo sumaron suma conto cuenta ser haber estar habido sido tener existian existen hubieron cerro termino concentraba se_registraron se_reportaron se_registro se_reporto concentra concentro concentran tenido detecto detectaron se_detectaron fueron_de ocupo ocupa situo se_situo se_ubico ubico hizo contaba",
    ),
    (
        Word::Reach,
        "alcanzo llego llegaron llega alcanzaron alcanza totalizo totalizaron llegar_a alcanzando llegando ascendio_a alcanzar",
    ),
    (Word::Since, "desde desde_el desde_el_ano"),
    (Word::Of, "de del"),
    (Word::To, "a al hasta hacia"),
    (Word::By, "en"),
    (Word::Between, "entre"),
    (Word::And, "y e"),
    (Word::Together, "juntas juntos sumadas sumados en_conjunto combinadas combinados"),
    (
        Word::Than,
        "que comparado_con comparada_con en_comparacion_con en_comparacion_a frente_a frente_al respecto_a respecto_al respecto_de respecto_del con_respecto_a con_respecto_al versus vs contra en_relacion_con a_diferencia_de al_comparar comparado_al",
    ),
    (
        Word::Share,
        "participacion proporcion representa representaron represento aporta aporto porcion equivale equivalente_al",
    ),
    (
        Word::Total,
        "total nacional el_total_nacional del_total el_total todo todos todas toda total_nacional a_nivel_nacional conjunto",
    ),
    (Word::YearsBack(1), "el_ano_pasado ano_pasado"),
    (Word::YearsBack(0), "este_ano"),
    (
        Word::YearBefore,
        "el_ano_anterior ano_anterior un_ano_antes ano_previo el_ano_previo interanual ano_precedente el_ano_inmediatamente_anterior un_ano_atras un_ano_a_otro",
    ),
    (Word::Annual, "anual anualmente al_ano por_ano cada_ano anuales"),
    (Word::Year, "ano anos"),
    (Word::Municipality, "municipio municipal"),
    (Word::Places, "municipios departamentos"),
    (Word::Only, "solo solamente apenas unicamente"),
    (Word::Department, "departamento departamental"),
    (Word::Country, "el_pais pais nacion la_nacion todo_el_pais territorio_nacional el_territorio_nacional"),
    (Word::Hectares, "has hectarea hectareas hect h"),
    (Word::Percent, "por_ciento porciento porcentaje"),
    (Word::Points, "puntos_porcentuales punto_porcentual puntos punto puntos_de_porcentaje"),
    (Word::Kilograms, "kilogramo kilogramos kilo"),
    (Word::Tonnes, "tonelada toneladas toneladas_metricas"),
    (Word::Fold, "veces vez"),
    (
        Word::OtherUnit,
        "acres metros kilometros plantas matas pesos dolares personas familias_cocaleras meses mes dias decada decadas lotes litros fanegadas cultivadores",
    ),
    (
        Word::Cause,
        "porque por gracias_a gracias_al debido_a debido_al a_causa_de a_causa_del por_cuenta_de por_culpa_de como_resultado_de como_consecuencia_de por_la por_el por_los por_las provoco causo causado explica explicado se_debe se_debio logro_que logro como_respuesta producto_de fruto_de tras despues_de por_lo_que por_tanto por_eso ya_que puesto_que pues resultado consecuencia razon motivo hizo_que impulsado_por impulsada_por a_raiz_de en_respuesta_a atribuible atribuido gracias",
    ),
    (
        Word::Forecast,
        "crecera caera bajara subira aumentara disminuira sera seran va_a van_a proximo_ano el_proximo_ano se_espera espera_que proyecta pronostico prevision podria podrian puede_que llegara tendra tendran se_preve habra debe_llegar alcanzara reducira futuro proyeccion seguira superara",
    ),
    (
        Word::Opinion,
        "bueno buena malo mala preocupante alarmante fracaso exito exitosa exitoso desastre deberia debe creo cree mejor peor quizas quizas tal_vez probablemente peligroso excelente grave mentira falso cierto inaceptable lamentablemente desafortunadamente afortunadamente dramatico catastrofe error triunfo supuestamente terrible fracaso_total logros vergonzoso",
    ),
    (
        Word::OtherSubject,
        "cocaina produccion produccion_potencial rendimiento rendimientos precio precios homicidios homicidio amapola opio marihuana deforestacion bosque familias violencia laboratorios sustitucion fentanilo exportaciones consumo productividad hoja hoja_de_coca ingresos empleo desplazamiento paros presupuesto dinero poblacion minas heroina pasta base clorhidrato narcotrafico cafe cacao interdiccion agua densidad productivos pib inflacion votos mineria oro fincas",
    ),
    (
        Word::OtherPlace,
        "mundo mundial global peru bolivia ecuador venezuela brasil mexico panama afganistan andina latinoamerica america_latina suramerica america_del_sur frontera exterior internacional europa",
    ),
    (
        Word::Region,
        "catatumbo pacifico region region_pacifica costa_pacifica amazonia orinoquia caribe bajo_cauca uraba magdalena_medio sur_de_bolivar sur norte oriente occidente rural parques parque resguardos enclaves reservas piedemonte zona zonas regiones catatumbo_colombiano andes",
    ),
    (Word::Clause, "pero aunque sino mientras_que sin_embargo no_obstante"),
    (
        Word::Unread,
        "promedio en_promedio media mediana primera_vez por_primera_vez consecutivo consecutivos consecutiva seguidos seguido acumulado acumulada acumulo si por_hectarea respectivamente cada ambos neto neta tendencia nunca jamas nuevo nueva nuevos nuevas cuando donde mientras con_holgura con_creces ultimo ultima ultimos ultimas no_solo solo_si dos_veces por_tercer_ano cada_vez o ni",
    ),
    (
        Word::Filler,
        "ni_una_hectarea ni_una_sola_hectarea el la los las lo un una su sus este esta ese esa estos estas aquel segun censo informe monitoreo gobierno oficial oficiales cifra cifras datos dato naciones_unidas la_onu se con para como nivel niveles todavia aun ya tambien asi entonces fin finales cierre corte diciembre de_diciembre a_corte_de al_cierre_de al_final_de a_finales_de a_31_de_diciembre final del_ano ministerio defensa justicia policia observatorio numero cantidad valor tierra tierras cual ubicado ubicada historia serie registros registro_historico durante alla ahi vigencia colombiano colombiana colombianos que_el mismo misma misma_cifra un_total_de un_total una_cifra_de una_area_de le les estadisticas publicado bajo_coca de_hectareas historicamente en_el_ano en_el_ano_de del_territorio zona_rural",
    ),
];
